package dev.isobar.pipeline;

import dev.isobar.event.FieldType;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import java.util.Arrays;

/** The expressions that are not columns: a tree and its type. */
class Node<T> implements Expr<T> {
    private final ExprSpec spec;
    private final FieldType type;

    Node(FieldType type, ExprSpec spec) {
        this.type = type;
        this.spec = spec;
    }

    @Override
    public ExprSpec spec() {
        return spec;
    }

    @Override
    public FieldType type() {
        return type;
    }

    static <T> Expr<T> call(FieldType type, Fn fn, Expr<?>... args) {
        return new Node<>(type, tree(fn, args));
    }

    static <T extends Number> NumberExpr<T> number(FieldType type, Fn fn, Expr<?>... args) {
        return new Num<>(type, tree(fn, args));
    }

    /** Whole numbers are computed in 64 bits. */
    static FieldType wide(FieldType type) {
        return type == FieldType.INT32 ? FieldType.INT64 : type;
    }

    private static ExprSpec tree(Fn fn, Expr<?>... args) {
        return new ExprSpec.Call(fn, Arrays.stream(args).map(Expr::spec).toList());
    }

    /** A numeric one. */
    static final class Num<T extends Number> extends Node<T> implements NumberExpr<T> {
        Num(FieldType type, ExprSpec spec) {
            super(type, spec);
        }
    }
}
