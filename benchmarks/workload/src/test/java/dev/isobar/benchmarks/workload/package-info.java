/** Tests of what every competitor shares. Nothing but tests may come in. */
@NullMarked
package dev.isobar.benchmarks.workload;

import org.jspecify.annotations.NullMarked;
