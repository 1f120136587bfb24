/** Types of setup.mjs for the tests. */
export function node24(): string;
export function findChromium(): string | undefined;
export function projectEnv(more?: Record<string, string>): Record<string, string | undefined>;
export const npm: string;
