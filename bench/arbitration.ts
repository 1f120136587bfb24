/** npm run bench -- arbitration: see bench/pit/arbitration.ts. */
import { benchArbitration } from './pit/arbitration';

void benchArbitration((line) => console.log(JSON.stringify(line)));
