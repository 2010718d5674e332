/**
 * Models as the server sees them, whoever evaluates them: our own trees, and where those do not do, XGBoost's library or ONNX Runtime.
 * Native libraries are loaded when a model that needs one is, and not before.
 * No HTTP, no I/O and no feature logic comes in.
 */
@NullMarked
package dev.isobar.server.model;

import org.jspecify.annotations.NullMarked;
