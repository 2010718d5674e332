/**
 * The isobar command: parses, binds a pipeline to a target, calls the runtime and prints.
 * The one place that puts adapters beside the runtime, each in a class loader of its own.
 * What a command does is decided in the runtime; no such decision may come in here.
 */
@NullMarked
package dev.isobar.cli;

import org.jspecify.annotations.NullMarked;
