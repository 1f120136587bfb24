/** Stylesheets are collected by the build into one file beside the script; importing one has no value. */
declare module '*.css';
