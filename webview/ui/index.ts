// Controls of the pages. Only this folder knows the component library, so that another one can replace
// it here; each file is one control with properties of our own.
export { Badge } from './badge';
export { Button, type ButtonProps } from './button';
export { Divider } from './divider';
export { Icon } from './icon';
export { Link } from './link';
export { ProgressBar } from './progressBar';
export { ProgressRing } from './progressRing';
export { Segmented } from './segmented';
