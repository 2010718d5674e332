/**
 * How answers look: JSON, tables, summaries, progress, errors.
 * Takes finished results and writes text; nothing is computed, read from disk or asked of the runtime here.
 */
@NullMarked
package dev.isobar.cli.print;

import org.jspecify.annotations.NullMarked;
