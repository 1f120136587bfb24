import { h, render } from 'preact';
import { connect, type Host } from '../rpc';
import '../ui/page.css';
import './style/base.css';
import './style/toolbar.css';
import './style/graph.css';
import './style/details.css';
import './style/list.css';
import { StoreContext } from './context';
import { createStore } from './store';
import { Board } from './view';

declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();
const store = createStore({ rpc: connect(host, window), host, now: () => Date.now() });
const root = document.body.appendChild(document.createElement('div'));
root.id = 'board';
render(h(StoreContext.Provider, { value: store, children: h(Board, null) }), root);
store.start();
