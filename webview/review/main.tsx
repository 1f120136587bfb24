import { h, render } from 'preact';
import { connect, type Host } from '../rpc';
import '../ui/page.css';
import './style/review.css';
import { createReviewStore } from './store';
import { StoreContext } from './context';
import { ReviewPage } from './view';
import type { ReviewPushes, ReviewRequests } from './wire';

declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();
const store = createReviewStore({ rpc: connect<ReviewRequests, ReviewPushes>(host, window), host });
const root = document.body.appendChild(document.createElement('div'));
root.id = 'review';
render(h(StoreContext.Provider, { value: store, children: h(ReviewPage, null) }), root);
store.start();
