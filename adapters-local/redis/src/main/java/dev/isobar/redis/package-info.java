/**
 * Online state on Redis, whichever cloud runs it: scripts that change a namespace as one, and the port over them. No cloud and no configuration may come in
 * here.
 */
@NullMarked
package dev.isobar.redis;

import org.jspecify.annotations.NullMarked;
