/**
 * The isobar command and the web console.
 * The one place that puts adapters beside the runtime, each in a class loader of its own.
 * Commands parse, call the runtime and print; what they do is decided elsewhere.
 */
@NullMarked
package dev.isobar.cli;

import org.jspecify.annotations.NullMarked;
