package dev.isobar.onnx;

import java.util.List;

/** A graph of nodes between float32 tensors; field numbers are those of onnx.proto3. */
public final class OnnxGraph {
    private final Message graph = new Message().text(2, "isobar");
    private final Message model = new Message().number(1, 8).text(2, "isobar");

    /** Adds an input of shape {@code [n, width]}. */
    public OnnxGraph input(String name, int width) {
        graph.message(11, value(name, width));
        return this;
    }

    /** Adds an output of shape {@code [n, width]}. */
    public OnnxGraph output(String name, int width) {
        graph.message(12, value(name, width));
        return this;
    }

    /** Adds an output that is a sequence of maps from int64 to float32. */
    public OnnxGraph maps(String name) {
        Message map = new Message()
                .number(1, 7)
                .message(2, new Message().message(1, new Message().number(1, 1)));
        Message sequence = new Message().message(1, new Message().message(5, map));
        graph.message(12, new Message().text(1, name).message(2, new Message().message(4, sequence)));
        return this;
    }

    /** Adds an operation of the ML domain ({@code ml}) or the common one. */
    public OnnxGraph node(boolean ml, String operation, List<String> inputs, String output, Attribute... attributes) {
        Message node = new Message();
        inputs.forEach(i -> node.text(1, i));
        node.text(2, output).text(3, output).text(4, operation);
        for (Attribute a : attributes) {
            node.message(5, a.message);
        }
        graph.message(1, ml ? node.text(7, "ai.onnx.ml") : node);
        return this;
    }

    /** Adds a constant vector of int64. */
    public OnnxGraph constant(String name, long... values) {
        Message tensor = new Message().number(1, values.length).number(2, 7).text(8, name);
        for (long v : values) {
            tensor.number(7, v);
        }
        graph.message(5, tensor);
        return this;
    }

    /** Adds a property of the model. */
    public OnnxGraph property(String key, String value) {
        model.message(14, new Message().text(1, key).text(2, value));
        return this;
    }

    /** The bytes of the file; to be called once. */
    public byte[] toByteArray() {
        return model.message(7, graph)
                .message(8, new Message().text(1, "").number(2, 15))
                .message(8, new Message().text(1, "ai.onnx.ml").number(2, 3))
                .toByteArray();
    }

    private static Message value(String name, int width) {
        Message shape = new Message()
                .message(1, new Message().text(2, "n"))
                .message(1, new Message().number(1, width));
        Message tensor = new Message().number(1, 1).message(2, shape);
        return new Message().text(1, name).message(2, new Message().message(1, tensor));
    }

    /** An attribute of a node. */
    public static final class Attribute {
        private final Message message;

        private Attribute(String name, int type) {
            message = new Message().text(1, name).number(20, type);
        }

        /** An integer. */
        public static Attribute of(String name, long value) {
            Attribute a = new Attribute(name, 2);
            a.message.number(3, value);
            return a;
        }

        /** Text. */
        public static Attribute of(String name, String value) {
            Attribute a = new Attribute(name, 3);
            a.message.text(4, value);
            return a;
        }

        /** Numbers. */
        public static Attribute floats(String name, Iterable<Float> values) {
            Attribute a = new Attribute(name, 6);
            values.forEach(v -> a.message.single(7, v));
            return a;
        }

        /** Integers. */
        public static Attribute ints(String name, Iterable<Integer> values) {
            Attribute a = new Attribute(name, 7);
            values.forEach(v -> a.message.number(8, v));
            return a;
        }

        /** Texts. */
        public static Attribute strings(String name, Iterable<String> values) {
            Attribute a = new Attribute(name, 8);
            values.forEach(v -> a.message.text(9, v));
            return a;
        }
    }
}
