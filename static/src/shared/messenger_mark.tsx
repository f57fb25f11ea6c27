// A messenger's mark in an island: the same drawings as `<c-messenger-mark>`, from one file.
import marks from "../../images/marks.svg";

type Props = { kind: string; size?: 16 | 20; label?: string };

export function MessengerMark({ kind, size = 16, label }: Props) {
  return (
    <svg className={`mark mark-${kind} ${size === 20 ? "mark-20" : ""}`} viewBox="0 0 20 20" {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}>
      <use href={`${marks}#${kind}`} />
    </svg>
  );
}
