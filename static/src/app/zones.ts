// `<select data-guess-zone>` begins with the browser's own time zone, if it is in the list. Runs before it becomes a combobox.

export function startZones(part: ParentNode): void {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const select of part.querySelectorAll<HTMLSelectElement>("select[data-guess-zone]")) {
    // Only once: what the person chooses afterwards is his choice.
    delete select.dataset.guessZone;
    if ([...select.options].some((option) => option.value === zone)) select.value = zone;
  }
}
