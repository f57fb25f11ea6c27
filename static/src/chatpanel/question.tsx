// A question that must be answered before something is done.
import { useEffect, useId, useRef } from "react";
import { gettext } from "@shared/i18n";

interface Props {
  title: string;
  text: string;
  yes: string;
  onYes(): void;
  onNo(): void;
}

export function Question({ title, text, yes, onYes, onNo }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={titleId} onClose={onNo}>
      <div className="dialog-head">
        <h2 id={titleId} className="dialog-title">
          {title}
        </h2>
      </div>
      <div className="dialog-body">
        <p>{text}</p>
      </div>
      <div className="dialog-foot">
        <button type="button" className="btn" onClick={onNo}>
          {gettext("Cancel")}
        </button>
        <button type="button" className="btn btn-primary" onClick={onYes}>
          {yes}
        </button>
      </div>
    </dialog>
  );
}
