/**
 * Class loaders: a pipeline sees core-api only, an adapter core-api, SLF4J and its own libraries.
 * Finds pipelines and adapters by {@link java.util.ServiceLoader}.
 * No library of the command line may become visible through here.
 */
@NullMarked
package dev.isobar.cli.load;

import org.jspecify.annotations.NullMarked;
