/**
 * Configuration from files and the command line, in layers, checked all at once.
 * Apache Commons Configuration reads the files; none of its types may leave this package.
 */
@NullMarked
package dev.isobar.cli.settings;

import org.jspecify.annotations.NullMarked;
