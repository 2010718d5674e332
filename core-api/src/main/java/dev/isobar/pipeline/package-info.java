/**
 * The language in which pipelines are written: streams, columns, expressions, feature views, training, deployment, monitoring. It ends in one
 * immutable {@link dev.isobar.spec.PipelineSpec}; every mistake that can be found before running is found here. Nothing that runs may come in.
 */
@NullMarked
package dev.isobar.pipeline;

import org.jspecify.annotations.NullMarked;
