// An icon in an island: lucide's drawing at our size and stroke. One with a label is read out, one without is decoration.
import type { LucideIcon } from "lucide-react";

type Props = { of: LucideIcon; size?: 16 | 20; label?: string; className?: string };

export function Icon({ of: Drawing, size = 16, label, className = "" }: Props) {
  const spoken = label ? { role: "img", "aria-label": label } : { "aria-hidden": true };
  return <Drawing className={`icon ${size === 20 ? "icon-20" : ""} ${className}`} {...spoken} />;
}
