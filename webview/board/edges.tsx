import { useStore } from './context';
import type { Layout, Route } from './layout';
import { pathOf } from './viewport';

/** Beyond this many edges in view they are drawn as two shapes instead of one each. */
const mostSingleEdges = 400;

export interface EdgesProps {
  readonly layout: Layout;
  readonly routes: readonly Route[];
  readonly selected: string | null;
}

/** The edges in view; one lights up when what it waits for has completed. Decoration: cards say it in words. */
export function Edges({ layout, routes, selected }: EdgesProps) {
  return (
    <svg class="edges" width={layout.width} height={layout.height} aria-hidden="true">
      {routes.length > mostSingleEdges ? (
        <ManyEdges routes={routes} />
      ) : (
        routes.map((route) => (
          <Edge
            key={`${route.from}\n${route.to}`}
            route={route}
            near={route.from === selected || route.to === selected}
          />
        ))
      )}
    </svg>
  );
}

function Edge({ route, near }: { route: Route; near: boolean }) {
  const store = useStore();
  const lit = store.node(route.from).value?.state === 'completed';
  const flowing = lit && store.node(route.to).value?.state === 'running';
  return (
    <path
      class={`edge${lit ? ' lit' : ''}${flowing ? ' flowing' : ''}${near ? ' near' : ''}`}
      d={pathOf(route.points)}
    />
  );
}

function ManyEdges({ routes }: { routes: readonly Route[] }) {
  const nodes = useStore().model.value?.nodes;
  let lit = '';
  let unlit = '';
  for (const { from, points } of routes) {
    if (nodes?.get(from)?.state === 'completed') lit += pathOf(points);
    else unlit += pathOf(points);
  }
  return (
    <>
      <path class="edge" d={unlit} />
      <path class="edge lit" d={lit} />
    </>
  );
}
