import type { Hop, ToolStep } from "@session-api/client";
import { useMission } from "@session-api/client/react";
import { Icon } from "../icons.js";

const SAID = {
  pending: "waits",
  active: "at work",
  completed: "done",
  failed: "failed",
  cancelled: "stopped",
} as const;

/** The mission with its hops and tool steps, as they move. */
export function MissionBoard() {
  const mission = useMission();
  if (mission === null) {
    return (
      <div className="empty">
        <Icon name="route" />
        <h2>No mission yet</h2>
        <p>Ask the agent something: it makes a plan, and each step of it shows here as it moves.</p>
      </div>
    );
  }
  const steps = mission.hops.flatMap(({ tool_steps }) => tool_steps);
  const done = steps.filter(({ status }) => status === "completed").length;
  return (
    <div className="mission">
      <h2>{mission.name}</h2>
      <div className="mission-progress">
        <progress aria-label="Steps that are done" value={done} max={Math.max(1, steps.length)} />
        <span>
          {done} of {steps.length} steps
        </span>
      </div>
      {byQuestion(mission.hops).map(({ key, title, hops }, place, all) => (
        // What is done folds itself away when something newer comes; a person may open it again.
        <details key={`${key} ${place === all.length - 1}`} className="question" open={place === all.length - 1}>
          <summary>{title}</summary>
          <ol className="hops">
            {hops.map((hop) => (
              <HopCard key={hop.id} hop={hop} />
            ))}
          </ol>
        </details>
      ))}
    </div>
  );
}

interface Question {
  readonly key: string;
  readonly title: string;
  readonly hops: readonly Hop[];
}

/** The hops by the questions that they are about, in their order. */
function byQuestion(hops: readonly Hop[]): Question[] {
  const questions = new Map<string, Question>();
  for (const hop of hops) {
    const key = String(hop.data["question"] ?? "");
    const known = questions.get(key) ?? { key, title: String(hop.data["title"] ?? "Plan"), hops: [] };
    questions.set(key, { ...known, hops: [...known.hops, hop] });
  }
  return [...questions.values()];
}

function HopCard({ hop }: { hop: Hop }) {
  const { name, description, status, tool_steps } = hop;
  return (
    <li className="hop" data-status={status}>
      <span className="mark" aria-hidden="true">
        {status === "completed" && <Icon name="check" />}
        {(status === "cancelled" || status === "failed") && <Icon name="cross" />}
      </span>
      <div className="hop-body">
        <h3>
          {name} <span className="state">{SAID[status]}</span>
        </h3>
        {description && status !== "completed" && <p>{description}</p>}
        <ol className="steps">
          {tool_steps.map((step) => (
            <Step key={step.id} step={step} />
          ))}
        </ol>
      </div>
    </li>
  );
}

function Step({ step }: { step: ToolStep }) {
  const { name, status, output, started_at, finished_at } = step;
  const took =
    started_at && finished_at && status === "completed"
      ? `${((Date.parse(finished_at) - Date.parse(started_at)) / 1000).toFixed(1)} s`
      : SAID[status];
  return (
    <li className="step" data-status={status}>
      <span className="step-dot" aria-hidden="true" />
      <code>{name}</code>
      <span className="took">{took}</span>
      {output !== null && output !== undefined && (
        <details>
          <summary>
            Result<span className="unseen"> of {name}</span>
          </summary>
          <pre tabIndex={0}>{JSON.stringify(output, null, 2)}</pre>
        </details>
      )}
    </li>
  );
}
