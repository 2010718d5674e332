package dev.isobar.features.window;

import dev.isobar.features.expression.Frame;
import dev.isobar.features.expression.Kind;
import dev.isobar.features.expression.Node;
import dev.isobar.features.sketch.Murmur3;

/**
 * An argument of aggregations as the word that is kept of it. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class ArgumentNode {
    private final Node node;
    private final Argument argument;

    /** The argument that an expression gives. */
    public ArgumentNode(Node node) {
        this.node = node;
        this.argument = switch (node.kind()) {
            case FLOAT -> Argument.FLOAT;
            case STRING -> Argument.TEXT;
            default -> Argument.INTEGER;
        };
    }

    /** How its words are read. */
    public Argument argument() {
        return argument;
    }

    /** The expression's kind. */
    public Kind kind() {
        return node.kind();
    }

    /** The slot of the column that it is nothing but, whose words it keeps as they are; −1 if it is more. */
    public int column() {
        return argument == Argument.TEXT ? -1 : node.column();
    }

    /** Its word for the frame's row; the frame says whether it is null. */
    public long word(Frame frame) {
        if (argument != Argument.TEXT) {
            return node.word(frame);
        }
        String text = node.text(frame);
        return frame.isNull() || text == null ? 0 : Murmur3.hash(text);
    }
}
