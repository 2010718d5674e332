/**
 * Training, registry and endpoints on Vertex AI: custom jobs, models with versions and aliases, endpoints with shares of traffic, and what containers wrote from
 * Cloud Logging. What runs inside of a container may not come in.
 */
@NullMarked
package dev.isobar.gcp.vertex;

import org.jspecify.annotations.NullMarked;
