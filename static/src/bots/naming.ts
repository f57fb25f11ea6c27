// How steps are called on screen.
import { gettext, interpolate } from "@shared/i18n";

export const stepName = (number: number): string => interpolate(gettext("Step %(number)s"), { number });
