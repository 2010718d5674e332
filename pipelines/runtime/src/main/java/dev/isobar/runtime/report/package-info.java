/**
 * One HTML file that shows a run to a person: plots, tables and sentences, with no script and no request to anywhere.
 * It draws the numbers it is given and computes none.
 * No I/O, no template engine, no unescaped text comes in.
 */
@NullMarked
package dev.isobar.runtime.report;

import org.jspecify.annotations.NullMarked;
