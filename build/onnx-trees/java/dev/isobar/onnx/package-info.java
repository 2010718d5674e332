/**
 * Writes small ONNX models, for tests and benchmarks: no converter from XGBoost to ONNX speaks Java.
 * Only the few messages of onnx.proto that a graph of trees needs.
 * Nothing of production comes in, and nothing of this goes there.
 */
@NullMarked
package dev.isobar.onnx;

import org.jspecify.annotations.NullMarked;
