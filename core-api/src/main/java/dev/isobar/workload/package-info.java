/**
 * What the runtime and the programs it starts tell each other: descriptors in the lake and the shape of the prediction log. Data only; no program may
 * live here.
 */
@NullMarked
package dev.isobar.workload;

import org.jspecify.annotations.NullMarked;
