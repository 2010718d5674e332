package dev.isobar.server.model;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxMap;
import ai.onnxruntime.OnnxModelMetadata;
import ai.onnxruntime.OnnxSequence;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.SequenceInfo;
import ai.onnxruntime.TensorInfo;
import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * ONNX Runtime on one thread. The model takes one float32 tensor {@code [n, features]}. Its score is the output called {@code probabilities} or {@code probability},
 * else {@code score}, {@code scores}, {@code variable} or {@code output}, else the only float32 output: {@code [n]}, {@code [n, 1]} or {@code [n, 2]} (of two classes the second is the
 * positive one), or a sequence of maps from class to probability, as converters write by default.
 */
final class OnnxEvaluator implements Evaluator {
    private static final List<String> OUTPUTS =
            List.of("probabilities", "probability", "output_probability", "score", "scores", "variable", "output");

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final String source;
    private final String input;
    private final String output;
    private final int features;
    private final List<String> names;

    private OnnxEvaluator(OrtEnvironment environment, OrtSession session, String source) throws OrtException {
        this.environment = environment;
        this.session = session;
        this.source = source;
        Map<String, NodeInfo> inputs = session.getInputInfo();
        if (inputs.size() != 1) {
            throw unsupported(
                    "takes " + inputs.size() + " inputs: " + inputs.keySet(),
                    "Export it with one input [n, features].");
        }
        NodeInfo only = inputs.values().iterator().next();
        if (!(only.getInfo() instanceof TensorInfo tensor)
                || tensor.type != OnnxJavaType.FLOAT
                || tensor.getShape().length != 2) {
            throw unsupported(
                    "takes the input '" + only.getName() + "' of " + only.getInfo(),
                    "Export it with one float32 tensor of shape [n, features].");
        }
        this.input = only.getName();
        this.features = Math.toIntExact(tensor.getShape()[1]);
        if (tensor.getShape()[0] > 0) {
            throw unsupported(
                    "takes exactly " + tensor.getShape()[0] + " rows",
                    "Export it with a first dimension that is free.");
        }
        this.output = output(session.getOutputInfo());
        this.names = names(session.getMetadata());
    }

    static OnnxEvaluator load(byte[] bytes, String source) {
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        OrtSession session;
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            // One request is one row or few: threads would cost more than they bring.
            options.setIntraOpNumThreads(1);
            options.setInterOpNumThreads(1);
            session = environment.createSession(bytes, options);
        } catch (OrtException e) {
            throw IsobarException.of(ErrorCode.CORRUPT, "ONNX Runtime cannot load the model: " + e.getMessage())
                    .resource(source)
                    .hint("Compare its digest with the registry's; if they agree, export it for an older opset.")
                    .cause(e)
                    .build();
        }
        try {
            return new OnnxEvaluator(environment, session, source);
        } catch (OrtException e) {
            close(session);
            throw failed(source, e);
        } catch (RuntimeException e) {
            close(session);
            throw e;
        }
    }

    private String output(Map<String, NodeInfo> outputs) {
        for (String name : OUTPUTS) {
            NodeInfo info = outputs.get(name);
            if (info != null && isScore(info)) {
                return name;
            }
        }
        List<String> fitting = outputs.values().stream()
                .filter(this::isScore)
                .map(NodeInfo::getName)
                .toList();
        if (fitting.size() != 1) {
            List<String> shown = new ArrayList<>();
            outputs.values().forEach(o -> shown.add("'" + o.getName() + "' of " + o.getInfo()));
            throw unsupported(
                    "has " + (fitting.isEmpty() ? "no output" : "several outputs") + " that may be the score: " + shown,
                    "Call the one that is 'probabilities' or 'score'; shape [n], [n, 1] or [n, 2].");
        }
        return fitting.get(0);
    }

    private boolean isScore(NodeInfo info) {
        if (info.getInfo() instanceof SequenceInfo s) {
            return s.sequenceOfMaps;
        }
        if (!(info.getInfo() instanceof TensorInfo t) || t.type != OnnxJavaType.FLOAT) {
            return false;
        }
        long[] shape = t.getShape();
        return shape.length == 1 || (shape.length == 2 && shape[1] <= 2);
    }

    private static List<String> names(OnnxModelMetadata metadata) {
        // Ours: a model that names its features under this key is checked against the pipeline's.
        String given = metadata.getCustomMetadata().get("feature_names");
        return given == null || given.isBlank() ? List.of() : Arrays.asList(given.split(",", -1));
    }

    @Override
    public String name() {
        return ONNXRUNTIME;
    }

    @Override
    public @Nullable String reason() {
        return "It is an ONNX model.";
    }

    @Override
    public int featureCount() {
        return features;
    }

    @Override
    public List<String> featureNames() {
        return names;
    }

    @Override
    public void predict(float[] rows, int count, float[] scores) {
        int width = features < 0 ? rows.length / count : features;
        FloatBuffer values = FloatBuffer.wrap(rows, 0, count * width);
        try (OnnxTensor tensor = OnnxTensor.createTensor(environment, values, new long[] {count, width});
                OrtSession.Result result = session.run(Map.of(input, tensor), Set.of(output))) {
            read(result.get(0), count, scores);
        } catch (OrtException e) {
            throw failed(source, e);
        }
    }

    private void read(OnnxValue value, int count, float[] scores) throws OrtException {
        if (value instanceof OnnxTensor t) {
            FloatBuffer all = t.getFloatBuffer();
            int each = all.remaining() / count;
            if (each < 1 || each > 2 || all.remaining() != each * count) {
                throw unsupported(
                        "gave " + all.remaining() + " numbers for " + count + " rows", "Its output is not one score.");
            }
            for (int i = 0; i < count; i++) {
                scores[i] = all.get(i * each + each - 1);
            }
            return;
        }
        int i = 0;
        for (OnnxValue one : ((OnnxSequence) value).getValue()) {
            scores[i++] = positive(((OnnxMap) one).getValue());
        }
    }

    private float positive(Map<?, ?> classes) {
        if (classes.size() == 2 && classes.get(1L) instanceof Float f) {
            return f;
        }
        if (classes.size() == 2 && classes.get("1") instanceof Float f) {
            return f;
        }
        throw unsupported(
                "gives probabilities of the classes " + classes.keySet(), "The server wants classes 0 and 1.");
    }

    @Override
    public void close() {
        close(session);
    }

    private static void close(OrtSession session) {
        try {
            session.close();
        } catch (OrtException e) {
            throw failed("session", e);
        }
    }

    private static IsobarException failed(String source, OrtException e) {
        return IsobarException.of(ErrorCode.INTERNAL, "ONNX Runtime failed: " + e.getMessage())
                .resource(source)
                .hint("The model and its vectors do not fit, or the library is ill; see the server's log.")
                .cause(e)
                .build();
    }

    private IsobarException unsupported(String what, String next) {
        return IsobarException.of(
                        ErrorCode.UNSUPPORTED, "The ONNX model " + what + ", which the server does not evaluate")
                .resource(source)
                .hint(next)
                .build();
    }
}
