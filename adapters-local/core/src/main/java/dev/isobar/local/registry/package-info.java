/**
 * The port {@link dev.isobar.port.ModelRegistry} as a directory: one JSON document per group, replaced as a whole.
 * The bytes of models stay in the lake.
 */
@NullMarked
package dev.isobar.local.registry;

import org.jspecify.annotations.NullMarked;
