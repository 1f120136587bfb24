import type { NodeState, RunState } from '../../schemas/wire/run';
import type { StringKey } from '../strings';
import { Icon } from '../ui';
import { useStore } from './context';

const icons: Readonly<Record<NodeState | RunState, string>> = {
  pending: 'circle-outline',
  running: 'loading',
  waiting: 'question',
  completed: 'pass-filled',
  skipped: 'debug-step-over',
  failed: 'error',
  cancelled: 'circle-slash',
  paused: 'debug-pause',
  cancelling: 'loading',
};

/** The icon of a state in its colour; its shape differs by state, so colour is never alone. */
export function StateIcon({ state }: { state: NodeState | RunState }) {
  return (
    <span class={`state-icon is-${state}`}>
      <Icon name={icons[state]} spin={icons[state] === 'loading'} />
    </span>
  );
}

/** Icon and name of a state. */
export function StateLabel({ state }: { state: NodeState | RunState }) {
  const { t } = useStore();
  return (
    <span class="state-label">
      <StateIcon state={state} />
      <span>{t(stateKey(state))}</span>
    </span>
  );
}

export function stateKey(state: NodeState | RunState): StringKey {
  return `state.${state}`;
}
