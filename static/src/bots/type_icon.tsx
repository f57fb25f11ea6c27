// The drawing that a type of step names in its `icon`. The editor's palette of drawings: a new type adds its own here.
import { Icon } from "@shared/icon";
import { CircleQuestionMark, ListChecks, type LucideIcon, MessageSquare } from "lucide-react";
import { useEditor } from "./use_editor";

const DRAWINGS = new Map<string, LucideIcon>([
  ["list-checks", ListChecks],
  ["message-square", MessageSquare],
]);

export function TypeIcon({ kind }: { kind: string | undefined }) {
  const { editor } = useEditor();
  const name = editor.boot.types.find((one) => one.kind === kind)?.icon ?? "";
  return <Icon of={DRAWINGS.get(name) ?? CircleQuestionMark} className="flow-type" />;
}
