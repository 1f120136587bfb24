import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { ReviewStore } from './store';

export const StoreContext = createContext<ReviewStore | null>(null);

/** The store of the page; every component is below its provider. */
export function useStore(): ReviewStore {
  const store = useContext(StoreContext);
  if (!store) throw new Error('a component stands outside the store');
  return store;
}
