/** One measurement; with a rival, `ratio` is ours ÷ rival. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly rival?: string;
  readonly rival_value?: number;
  readonly ratio?: number;
  readonly [more: string]: string | number | undefined;
}

/** Measures one service and prints each finding. */
export type Section = (print: (line: Measured) => void) => Promise<void>;
