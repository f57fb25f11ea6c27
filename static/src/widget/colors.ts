// Keeps every colour that a channel may choose readable: text on it, and it on a background, at WCAG AA (4.5 : 1).

type Rgb = [number, number, number];

function parse(hex: string): Rgb {
  const value = Number.parseInt(hex.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: Rgb, other: Rgb): number {
  const [low, high] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

/** White or black, whichever reads better on the colour: one of them always reaches 4.5. */
export function inkOn(hex: string): string {
  const color = parse(hex);
  return contrast(color, [255, 255, 255]) >= contrast(color, [0, 0, 0]) ? "#ffffff" : "#000000";
}

/** How well the better of the two reads on the colour: at least 4.5. */
export function contrastOn(hex: string): number {
  return contrast(parse(hex), parse(inkOn(hex)));
}

/** The colour, moved towards black or white until it can be read as text on the background. */
export function readableOn(hex: string, background: string): string {
  const ground = parse(background);
  const goal = luminance(ground) > 0.2 ? 0 : 255;
  let color = parse(hex);
  for (let step = 0; step < 40 && contrast(color, ground) < 4.5; step++) {
    color = color.map((part) => Math.round(part + (goal - part) * 0.08)) as Rgb;
  }
  return `#${color.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}
