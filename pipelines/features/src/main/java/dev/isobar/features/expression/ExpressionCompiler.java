package dev.isobar.features.expression;

import dev.isobar.error.ErrorCode;
import dev.isobar.error.IsobarException;
import dev.isobar.event.FieldType;
import dev.isobar.event.Row;
import dev.isobar.event.RowText;
import dev.isobar.event.Schema;
import dev.isobar.spec.ExprSpec;
import dev.isobar.spec.Fn;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.zone.ZoneRules;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Turns expression trees into nodes, with every name and type checked. Immutable, thread safe.
 *
 * @since 0.1
 */
public final class ExpressionCompiler {
    private final Schema schema;
    private final String stream;
    private final @Nullable References references;
    private final String place;

    /**
     * A compiler of expressions over one stream's rows.
     *
     * @param references where aggregates and features are found; null if there may be none
     * @param place what the expression is, for messages: {@code feature 'airport.late_share'}
     */
    public ExpressionCompiler(Schema schema, String stream, @Nullable References references, String place) {
        this.schema = schema;
        this.stream = stream;
        this.references = references;
        this.place = place;
    }

    /**
     * Compiles an expression.
     *
     * @throws IsobarException {@code INVALID_PIPELINE} if a name or a type is wrong
     */
    public Node compile(ExprSpec e) {
        if (e instanceof ExprSpec.Col c) {
            return column(c);
        }
        if (e instanceof ExprSpec.Lit l) {
            return literal(l);
        }
        if (e instanceof ExprSpec.Call c) {
            return call(c);
        }
        if (references == null) {
            throw wrong(
                    "has " + (e instanceof ExprSpec.Aggregate ? "a window" : "a reference to a feature")
                            + " where only columns of one row can stand",
                    "Use it in a feature instead.");
        }
        int index = e instanceof ExprSpec.Aggregate a
                ? references.aggregate(a)
                : references.feature((ExprSpec.FeatureRef) e);
        return new Node(Kind.FLOAT) {
            @Override
            public long word(Frame f) {
                f.nil = f.nulls[index];
                return f.nil ? 0 : Double.doubleToRawLongBits(f.values[index]);
            }
        };
    }

    private Node column(ExprSpec.Col c) {
        int slot = schema.slot(c.column());
        if (!c.stream().equals(stream) || slot < 0) {
            throw wrong(
                    "names column '" + c.stream() + "." + c.column() + "', which is not there",
                    "Columns of '" + stream + "' are "
                            + schema.fields().stream().map(x -> x.name()).collect(Collectors.joining(", ")) + ".");
        }
        Kind kind = Kind.of(schema.field(slot).type());
        return new Node(kind) {
            @Override
            public long word(Frame f) {
                f.nil = f.row.isNull(slot);
                return f.row.word(slot);
            }

            @Override
            public int column() {
                return slot;
            }

            @Override
            public @Nullable String text(Frame f) {
                f.nil = f.row.isNull(slot);
                return f.row.text(slot);
            }
        };
    }

    private Node literal(ExprSpec.Lit l) {
        Kind kind = Kind.of(l.type());
        String value = l.value();
        if (value == null) {
            return new Node(kind) {
                @Override
                public long word(Frame f) {
                    return none(f);
                }

                @Override
                public @Nullable String text(Frame f) {
                    f.nil = true;
                    return null;
                }
            };
        }
        Row row = new Row(Schema.of(dev.isobar.event.Field.required("literal", l.type())));
        String problem = RowText.parse(row, 0, value);
        if (problem != null) {
            throw wrong("has a literal that " + problem, "Write it in the form of its type.");
        }
        long word = row.word(0);
        return new Node(kind) {
            @Override
            public long word(Frame f) {
                f.nil = false;
                return word;
            }

            @Override
            public @Nullable String text(Frame f) {
                f.nil = false;
                return value;
            }
        };
    }

    private Node call(ExprSpec.Call c) {
        Fn fn = c.fn();
        if (c.args().size() != fn.arity()) {
            throw wrong(
                    fn + " has " + c.args().size() + " arguments, not " + fn.arity(), "Give it " + fn.arity() + ".");
        }
        Node a = compile(c.args().get(0));
        return switch (fn) {
            case ADD, SUBTRACT, MULTIPLY -> arithmetic(fn, a, compile(c.args().get(1)));
            case DIVIDE -> divide(a, compile(c.args().get(1)));
            case DIV -> quotient(a, compile(c.args().get(1)));
            case NEGATE, ABS -> sign(fn, a);
            case EQ, NE, LT, LE, GT, GE -> comparison(fn, a, compile(c.args().get(1)));
            case AND, OR -> logic(fn, a, compile(c.args().get(1)));
            case NOT -> not(a);
            case IS_NULL -> isNull(a);
            case COALESCE -> coalesce(a, compile(c.args().get(1)));
            case IF -> choice(a, compile(c.args().get(1)), compile(c.args().get(2)));
            case PLUS_MINUTES -> plusMinutes(a, compile(c.args().get(1)));
            case MINUTE_OF_DAY, HOUR_OF_DAY, DAY_OF_WEEK -> clock(fn, a);
            case TO_FLOAT64 -> toFloat(number(fn, a));
            case AT_ZONE -> atZone(a, c.args().get(1));
        };
    }

    private Node arithmetic(Fn fn, Node left, Node right) {
        number(fn, left);
        number(fn, right);
        if (left.kind() == Kind.INT && right.kind() == Kind.INT) {
            return new Node(Kind.INT) {
                @Override
                public long word(Frame f) {
                    long a = left.word(f);
                    if (f.nil) {
                        return 0;
                    }
                    long b = right.word(f);
                    if (f.nil) {
                        return 0;
                    }
                    switch (fn) {
                        case ADD -> {
                            long r = a + b;
                            return ((a ^ r) & (b ^ r)) < 0 ? none(f) : r;
                        }
                        case SUBTRACT -> {
                            long r = a - b;
                            return ((a ^ b) & (a ^ r)) < 0 ? none(f) : r;
                        }
                        default -> {
                            long r = a * b;
                            return Math.multiplyHigh(a, b) == r >> 63 ? r : none(f);
                        }
                    }
                }
            };
        }
        return new Node(Kind.FLOAT) {
            @Override
            public long word(Frame f) {
                double a = left.number(f);
                if (f.nil) {
                    return 0;
                }
                double b = right.number(f);
                if (f.nil) {
                    return 0;
                }
                double r = switch (fn) {
                    case ADD -> a + b;
                    case SUBTRACT -> a - b;
                    default -> a * b;
                };
                return Double.doubleToLongBits(r);
            }
        };
    }

    private Node divide(Node left, Node right) {
        number(Fn.DIVIDE, left);
        number(Fn.DIVIDE, right);
        return new Node(Kind.FLOAT) {
            @Override
            public long word(Frame f) {
                double a = left.number(f);
                if (f.nil) {
                    return 0;
                }
                double b = right.number(f);
                if (f.nil) {
                    return 0;
                }
                return b == 0.0 ? none(f) : Double.doubleToLongBits(a / b);
            }
        };
    }

    private Node quotient(Node left, Node right) {
        of(Fn.DIV, left, Kind.INT);
        of(Fn.DIV, right, Kind.INT);
        return new Node(Kind.INT) {
            @Override
            public long word(Frame f) {
                long a = left.word(f);
                if (f.nil) {
                    return 0;
                }
                long b = right.word(f);
                if (f.nil) {
                    return 0;
                }
                return b == 0 || (a == Long.MIN_VALUE && b == -1) ? none(f) : a / b;
            }
        };
    }

    private Node sign(Fn fn, Node a) {
        number(fn, a);
        if (a.kind() == Kind.INT) {
            return new Node(Kind.INT) {
                @Override
                public long word(Frame f) {
                    long v = a.word(f);
                    if (f.nil || (fn == Fn.ABS && v >= 0)) {
                        return v;
                    }
                    return v == Long.MIN_VALUE ? none(f) : -v;
                }
            };
        }
        return new Node(Kind.FLOAT) {
            @Override
            public long word(Frame f) {
                double v = a.number(f);
                return f.nil ? 0 : Double.doubleToLongBits(fn == Fn.ABS ? Math.abs(v) : -v);
            }
        };
    }

    private Node comparison(Fn fn, Node left, Node right) {
        boolean comparable = left.kind() == right.kind()
                || (left.kind().numeric() && right.kind().numeric());
        if (!comparable) {
            throw wrong(
                    "compares " + left.kind().noun() + " with " + right.kind().noun(),
                    "Both sides of " + fn + " must be of one type.");
        }
        if (left.kind() == Kind.STRING) {
            return new Node(Kind.BOOL) {
                @Override
                public long word(Frame f) {
                    String a = left.text(f);
                    if (f.nil || a == null) {
                        return none(f);
                    }
                    String b = right.text(f);
                    if (f.nil || b == null) {
                        return none(f);
                    }
                    return holds(fn, fn == Fn.EQ || fn == Fn.NE ? (a.equals(b) ? 0 : 1) : TextOrder.compare(a, b));
                }
            };
        }
        if (left.kind() == Kind.FLOAT || right.kind() == Kind.FLOAT) {
            return new Node(Kind.BOOL) {
                @Override
                public long word(Frame f) {
                    double a = left.number(f);
                    if (f.nil) {
                        return 0;
                    }
                    double b = right.number(f);
                    if (f.nil) {
                        return 0;
                    }
                    boolean r = switch (fn) {
                        case EQ -> a == b;
                        case NE -> a != b;
                        case LT -> a < b;
                        case LE -> a <= b;
                        case GT -> a > b;
                        default -> a >= b;
                    };
                    return r ? 1 : 0;
                }
            };
        }
        return new Node(Kind.BOOL) {
            @Override
            public long word(Frame f) {
                long a = left.word(f);
                if (f.nil) {
                    return 0;
                }
                long b = right.word(f);
                return f.nil ? 0 : holds(fn, Long.compare(a, b));
            }
        };
    }

    private static long holds(Fn fn, int c) {
        boolean r = switch (fn) {
            case EQ -> c == 0;
            case NE -> c != 0;
            case LT -> c < 0;
            case LE -> c <= 0;
            case GT -> c > 0;
            default -> c >= 0;
        };
        return r ? 1 : 0;
    }

    private Node logic(Fn fn, Node left, Node right) {
        of(fn, left, Kind.BOOL);
        of(fn, right, Kind.BOOL);
        long wins = fn == Fn.AND ? 0 : 1;
        return new Node(Kind.BOOL) {
            @Override
            public long word(Frame f) {
                long a = left.word(f);
                boolean unknown = f.nil;
                if (!unknown && a == wins) {
                    return wins;
                }
                long b = right.word(f);
                if (!f.nil && b == wins) {
                    return wins;
                }
                return unknown || f.nil ? none(f) : 1 - wins;
            }
        };
    }

    private Node not(Node a) {
        of(Fn.NOT, a, Kind.BOOL);
        return new Node(Kind.BOOL) {
            @Override
            public long word(Frame f) {
                long v = a.word(f);
                return f.nil ? 0 : 1 - v;
            }
        };
    }

    private static Node isNull(Node a) {
        return new Node(Kind.BOOL) {
            @Override
            public long word(Frame f) {
                if (a.kind() == Kind.STRING) {
                    a.text(f);
                } else {
                    a.word(f);
                }
                boolean was = f.nil;
                f.nil = false;
                return was ? 1 : 0;
            }
        };
    }

    private Node coalesce(Node first, Node second) {
        Kind kind = common(Fn.COALESCE, first, second);
        Node a = as(kind, first);
        Node b = as(kind, second);
        return new Node(kind) {
            @Override
            public long word(Frame f) {
                long v = a.word(f);
                return f.nil ? b.word(f) : v;
            }

            @Override
            public @Nullable String text(Frame f) {
                String v = a.text(f);
                return f.nil ? b.text(f) : v;
            }
        };
    }

    private Node choice(Node condition, Node then, Node otherwise) {
        of(Fn.IF, condition, Kind.BOOL);
        Kind kind = common(Fn.IF, then, otherwise);
        Node a = as(kind, then);
        Node b = as(kind, otherwise);
        return new Node(kind) {
            @Override
            public long word(Frame f) {
                long c = condition.word(f);
                return f.nil ? 0 : c != 0 ? a.word(f) : b.word(f);
            }

            @Override
            public @Nullable String text(Frame f) {
                long c = condition.word(f);
                return f.nil ? null : c != 0 ? a.text(f) : b.text(f);
            }
        };
    }

    private Node plusMinutes(Node time, Node minutes) {
        temporal(Fn.PLUS_MINUTES, time);
        of(Fn.PLUS_MINUTES, minutes, Kind.INT);
        return new Node(time.kind()) {
            @Override
            public long word(Frame f) {
                long t = time.word(f);
                if (f.nil) {
                    return 0;
                }
                long m = minutes.word(f);
                if (f.nil) {
                    return 0;
                }
                long d = m * 60_000_000L;
                long r = t + d;
                boolean overflow = Math.multiplyHigh(m, 60_000_000L) != d >> 63 || ((t ^ r) & (d ^ r)) < 0;
                return overflow ? none(f) : r;
            }
        };
    }

    private Node clock(Fn fn, Node time) {
        temporal(fn, time);
        return new Node(Kind.INT) {
            @Override
            public long word(Frame f) {
                long t = time.word(f);
                if (f.nil) {
                    return 0;
                }
                return switch (fn) {
                    case MINUTE_OF_DAY -> Math.floorMod(t, 86_400_000_000L) / 60_000_000L;
                    case HOUR_OF_DAY -> Math.floorMod(t, 86_400_000_000L) / 3_600_000_000L;
                    // 1970-01-01 was a Thursday, ISO day 4.
                    default -> Math.floorMod(Math.floorDiv(t, 86_400_000_000L) + 3, 7L) + 1;
                };
            }
        };
    }

    private static Node toFloat(Node a) {
        return a.kind() == Kind.FLOAT
                ? a
                : new Node(Kind.FLOAT) {
                    @Override
                    public long word(Frame f) {
                        double v = a.number(f);
                        return f.nil ? 0 : Double.doubleToRawLongBits(v);
                    }
                };
    }

    private Node atZone(Node time, ExprSpec zone) {
        of(Fn.AT_ZONE, time, Kind.TIMESTAMP);
        if (!(zone instanceof ExprSpec.Lit l) || l.type() != FieldType.STRING || l.value() == null) {
            throw wrong("AT_ZONE needs its zone as a literal", "Write a zone id such as 'Europe/Vienna'.");
        }
        ZoneRules rules;
        try {
            rules = ZoneId.of(l.value()).getRules();
        } catch (DateTimeException e) {
            throw wrong(
                    "names the zone '" + l.value() + "', which this JDK does not know",
                    "Write a zone id such as 'Europe/Vienna'.");
        }
        return new Node(Kind.LOCAL) {
            @Override
            public long word(Frame f) {
                long t = time.word(f);
                if (f.nil) {
                    return 0;
                }
                long d = rules.getOffset(Instant.ofEpochSecond(Math.floorDiv(t, 1_000_000L)))
                                .getTotalSeconds()
                        * 1_000_000L;
                long r = t + d;
                return ((t ^ r) & (d ^ r)) < 0 ? none(f) : r;
            }
        };
    }

    private Kind common(Fn fn, Node a, Node b) {
        if (a.kind() == b.kind()) {
            return a.kind();
        }
        if (a.kind().numeric() && b.kind().numeric()) {
            return Kind.FLOAT;
        }
        throw wrong(
                fn + " chooses between " + a.kind().noun() + " and " + b.kind().noun(), "Both must be of one type.");
    }

    private static Node as(Kind kind, Node a) {
        return kind == Kind.FLOAT ? toFloat(a) : a;
    }

    private Node number(Fn fn, Node a) {
        if (!a.kind().numeric()) {
            throw wrong(fn + " is given " + a.kind().noun(), "It takes numbers.");
        }
        return a;
    }

    private void temporal(Fn fn, Node a) {
        if (!a.kind().temporal()) {
            throw wrong(fn + " is given " + a.kind().noun(), "It takes an instant or a local time.");
        }
    }

    private void of(Fn fn, Node a, Kind kind) {
        if (a.kind() != kind) {
            throw wrong(fn + " is given " + a.kind().noun(), "It takes " + kind.noun() + " there.");
        }
    }

    private IsobarException wrong(String what, String hint) {
        return IsobarException.of(ErrorCode.INVALID_PIPELINE, place + " " + what + ".")
                .hint(hint)
                .build();
    }

    /** The columns of rows that an expression reads, as {@code stream.column}; inside windows too. */
    public static void lineage(ExprSpec e, java.util.Collection<String> into) {
        if (e instanceof ExprSpec.Col c) {
            into.add(c.stream() + "." + c.column());
        } else if (e instanceof ExprSpec.Call c) {
            List<ExprSpec> args = c.args();
            args.forEach(x -> lineage(x, into));
        } else if (e instanceof ExprSpec.Aggregate a) {
            ExprSpec argument = a.argument();
            if (argument != null) {
                lineage(argument, into);
            }
        }
    }
}
