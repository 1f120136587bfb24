import type { CodeLens } from 'vscode-languageserver';
import { phaseOfBullet } from '../../planning';
import type { Source } from '../planning/source';
import type { ProjectView } from '../planning/view';
import { lspTexts } from '../texts';

/** Commands of the editor's client that a lens can call. A client without them says so and gets no lens. */
export const lensCommands = ['symphony.executePhase'] as const;

/** *Execute* over the headings of phases that have plans left to do, and over those plans. */
export function planningLenses(view: ProjectView, source: Source, commands: ReadonlySet<string>): CodeLens[] {
  if (!commands.has('symphony.executePhase')) return [];
  const lens = (line: number, id: string): CodeLens[] => {
    const found = view.phase(id, source.path);
    if (!found || found.milestone.state === 'shipped') return [];
    const { phase } = found;
    if (phase.plans.length === 0 || phase.state === 'complete') return [];
    const { start, end } = source.doc.lineSpan(line);
    // The client's command takes the item of its tree, of which the phase is what it looks at.
    const command = { title: lspTexts.lensExecute, command: 'symphony.executePhase', arguments: [{ phase }] };
    return [{ range: source.doc.range(start, end), command }];
  };
  if (source.kind === 'PLAN') {
    const known = view.planOfFile(source.path);
    return known && known.plan.state !== 'complete' ? lens(1, known.phase.id) : [];
  }
  if (source.kind !== 'ROADMAP') return [];
  return source.blocks
    .filter((block) => block.kind === 'heading')
    .flatMap((block) => {
      const id = phaseOfBullet(block);
      return id === undefined ? [] : lens(block.line, id);
    });
}
