/** Types of package.mjs for the tests. */
export function makePackage(): Promise<string>;
export function packagedFiles(): Promise<string[]>;
