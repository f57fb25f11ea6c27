// A dialog or drawer of the browser's own: focus stays inside, Esc closes, the page behind is still.
import { type ReactNode, useEffect, useId, useRef } from "react";
import { gettext } from "@shared/i18n";
import { Icon } from "@shared/icon";
import { X } from "lucide-react";

type Props = { title: string; onClose(): void; drawer?: boolean; children: ReactNode; foot?: ReactNode };

export function Dialog({ title, onClose, drawer, children, foot }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      className={drawer ? "drawer" : "dialog"}
      aria-labelledby={id}
      onClose={onClose}
      onClick={(event) => event.target === dialog.current && dialog.current.close()}
    >
      <header className="dialog-head">
        <h2 className="dialog-title" id={id}>
          {title}
        </h2>
        <button type="button" className="btn btn-ghost btn-sm btn-square" aria-label={gettext("Close")} onClick={() => dialog.current?.close()}>
          <Icon of={X} />
        </button>
      </header>
      <div className="dialog-body">{children}</div>
      {foot && <footer className="dialog-foot">{foot}</footer>}
    </dialog>
  );
}
