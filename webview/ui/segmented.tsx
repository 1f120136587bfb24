import { Icon } from './icon';

export interface Choice<T extends string> {
  readonly value: T;
  readonly label: string;
  readonly icon: string;
}

export interface SegmentedProps<T extends string> {
  readonly label: string;
  readonly choices: readonly Choice<T>[];
  readonly value: T;
  readonly onChoose: (value: T) => void;
}

/** A row of buttons of which one is pressed; for two or three choices that are always in view. */
export function Segmented<T extends string>({ label, choices, value, onChoose }: SegmentedProps<T>) {
  return (
    <div class="segmented" role="group" aria-label={label}>
      {choices.map((choice) => (
        <button
          key={choice.value}
          type="button"
          class="segment"
          title={choice.label}
          aria-label={choice.label}
          aria-pressed={choice.value === value}
          onClick={() => onChoose(choice.value)}
        >
          <Icon name={choice.icon} />
        </button>
      ))}
    </div>
  );
}
