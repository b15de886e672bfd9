using System.Text;

namespace OrthancCloudFs.Configuration.Json;

/// <summary>
/// One configuration file: its text as written and as it reads after environment variables were inserted. Finds the place in
/// the file as written for any byte of the latter, so that messages point at what the user can see.
/// </summary>
internal sealed class SourceText
{
    private readonly string _path;
    private readonly string _written;
    private readonly IReadOnlyList<Insertion> _insertions;

    /// <param name="path">Name for messages.</param>
    /// <param name="written">Content of the file, decoded.</param>
    /// <param name="substituted">The same after substitution.</param>
    /// <param name="insertions">What was inserted into <paramref name="substituted"/>, in order.</param>
    public SourceText(string path, string written, string substituted, IReadOnlyList<Insertion> insertions)
    {
        _path = path;
        _written = written;
        _insertions = insertions;
        Utf8 = Encoding.UTF8.GetBytes(substituted);
    }

    /// <summary>The text after substitution.</summary>
    public byte[] Utf8 { get; }

    /// <summary><c>file:line:column</c> of a byte of <see cref="Utf8"/>.</summary>
    public string Locate(int byteOffset)
    {
        int offset = CharOffset(byteOffset);
        int shift = 0;
        foreach (Insertion insertion in _insertions)
        {
            if (offset < insertion.Start)
                break;
            if (offset < insertion.Start + insertion.Length)
                return Locate(_path, _written, insertion.WrittenStart);
            shift = insertion.WrittenStart + insertion.WrittenLength - (insertion.Start + insertion.Length);
        }

        return Locate(_path, _written, offset + shift);
    }

    /// <summary>The environment variable whose value contains a byte of <see cref="Utf8"/>, or ends just before it.</summary>
    public string? VariableAt(int byteOffset)
    {
        int offset = CharOffset(byteOffset);
        return _insertions.LastOrDefault(i => i.Start <= offset && offset <= i.Start + i.Length)?.Variable;
    }

    /// <summary><c>file:line:column</c> of a character of a text; lines and columns count from 1, columns in characters.</summary>
    public static string Locate(string path, string text, int offset)
    {
        ReadOnlySpan<char> before = text.AsSpan(0, Math.Clamp(offset, 0, text.Length));
        int line = before.Count('\n') + 1;
        int column = before.Length - (before.LastIndexOf('\n') + 1) + 1;
        return $"{path}:{line}:{column}";
    }

    private int CharOffset(int byteOffset) => Encoding.UTF8.GetCharCount(Utf8.AsSpan(0, Math.Clamp(byteOffset, 0, Utf8.Length)));
}

/// <summary>A <c>${VAR}</c> that was replaced; positions count characters.</summary>
internal sealed record Insertion(string Variable, int Start, int Length, int WrittenStart, int WrittenLength);
