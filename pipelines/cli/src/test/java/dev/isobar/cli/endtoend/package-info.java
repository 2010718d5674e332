/**
 * Whole runs over the local adapter: the runtime in this process, trainer, supervisor, servers and audit in their own, on a week of real flights.
 * Here runs die at every boundary of their journal and events are altered in the lake.
 * What one class promises by itself is tested beside that class; the command's words are tested above.
 */
@NullMarked
package dev.isobar.cli.endtoend;

import org.jspecify.annotations.NullMarked;
