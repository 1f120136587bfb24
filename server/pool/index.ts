/**
 * pool: keeps models, agents, servers and processes ready within limits, and what models consume within budgets.
 * Invariant: nothing is given out beyond the limits of count, memory and budget; what is in use is not taken away.
 */
export * from './types';
export { isLegal, moved, newLifecycle, type Lifecycle } from './states';
export { Pool, type PoolOptions } from './pool';
export { Budgets, type Account, type Amount, type Granted, type Scope } from './budgets';
export { processResource, type ProcessResource, type ProcessResourceOptions } from './processResource';
export { ModelHealths } from './modelHealth';
export { Habits, type Forecast } from './predict';
export { PoolService, type PoolServiceOptions } from './service';
