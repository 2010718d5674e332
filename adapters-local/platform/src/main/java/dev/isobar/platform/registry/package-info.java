/**
 * A model registry on top of a managed one that numbers versions but neither compares nor sets: what is atomic happens in the lake. No service and no client may come in
 * here; an adapter brings a {@link dev.isobar.platform.registry.Catalogue}.
 */
@NullMarked
package dev.isobar.platform.registry;

import org.jspecify.annotations.NullMarked;
