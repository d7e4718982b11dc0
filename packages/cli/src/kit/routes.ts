// By which routes the derivatives came. Every provenance lists them, as `routes` in its options; where there are rows,
// each says its own.

import { DERIVATIVE_ROUTES, type DerivativeRoute, type Provenance } from "@vielbein/core";
import type { Column } from "./row-file.ts";

/** A column of positions in `DERIVATIVE_ROUTES`. */
export const ROUTE_COLUMN: Column = { shape: [], isWhole: true, range: [0, DERIVATIVE_ROUTES.length - 1] };

/** What a row keeps of its route. */
export function routeCell(route: DerivativeRoute): number {
  return DERIVATIVE_ROUTES.indexOf(route);
}

/** The route that a row keeps; undefined where no derivative was taken. */
export function routeOf(row: object): DerivativeRoute | undefined {
  return "route" in row ? DERIVATIVE_ROUTES[row.route as number] : undefined;
}

/** Each of the routes once, in the order of `DERIVATIVE_ROUTES`. */
export function routesAmong(taken: readonly (DerivativeRoute | undefined)[]): DerivativeRoute[] {
  return DERIVATIVE_ROUTES.filter((route) => taken.includes(route));
}

/** The provenance with the routes of the rows; as it was, where they keep none. */
export function withRoutes(provenance: Provenance, rows: readonly object[]): Provenance {
  const routes = routesAmong(rows.map(routeOf));
  return routes.length === 0 ? provenance : { ...provenance, options: { ...provenance.options, routes } };
}
