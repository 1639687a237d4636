// What the page uses of Vega and Vega-Lite; bundled into charts.min.js as the global `charts`.
// The interpreter stands in for Vega's compiled expressions, which the page's content security
// policy would not allow to run.
export { parse, View } from "vega";
export { compile } from "vega-lite";
export { expressionInterpreter } from "vega-interpreter";
