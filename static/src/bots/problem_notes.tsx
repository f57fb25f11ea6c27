// What is wrong with a card, under it; what a messenger would change in it.
import { MessengerMark } from "@shared/messenger_mark";
import { Icon } from "@shared/icon";
import { CircleAlert, TriangleAlert } from "lucide-react";
import type { Problem, Warning } from "./types";

export function ProblemNotes({ problems, id }: { problems: Problem[]; id?: string }) {
  if (problems.length === 0) return null;
  return (
    <div className="flow-problems" id={id}>
      {problems.map((problem, index) => (
        <p key={index} className={problem.error ? "field-error" : "flow-warning"}>
          <Icon of={problem.error ? CircleAlert : TriangleAlert} />
          <span>{problem.text}</span>
        </p>
      ))}
    </div>
  );
}

export function WarningNotes({ warnings }: { warnings: Warning[] }) {
  return warnings.map((warning, index) => (
    <p key={index} className="flow-warning">
      <MessengerMark kind={warning.kind} label={warning.channel} />
      <span>{warning.text}</span>
    </p>
  ));
}
