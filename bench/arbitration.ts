/** npm run bench -- arbitration: see bench/pit/arbitration.ts. */
import { section } from './pit/arbitration';

void section((line) => console.log(JSON.stringify(line)));
