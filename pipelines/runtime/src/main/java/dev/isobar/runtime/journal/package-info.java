/**
 * The run journal: which runs there are and, for each effect of a run, whether it is intended or done. An embedded database that only the running command
 * holds. It knows nothing of steps.
 */
@NullMarked
package dev.isobar.runtime.journal;

import org.jspecify.annotations.NullMarked;
