/**
 * The router in front of an endpoint's replicas: one port, exact traffic weights, pooled connections, metrics.
 * It is told which replicas are ready and finds out nothing by itself; processes and files do not come in.
 */
@NullMarked
package dev.isobar.local.router;

import org.jspecify.annotations.NullMarked;
