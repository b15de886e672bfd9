using System.Text;

namespace FuseServer.Tests;

/// <summary>Writes down what arrives, and answers as told.</summary>
internal sealed class RecordingFileSystem : FuseFileSystem
{
    private readonly List<WriteRequest> _retained = [];

    public string? Last { get; private set; }

    public bool Throws { get; set; }

    public bool AnswersTwice { get; set; }

    public bool RetainsWrites { get; set; }

    public bool Waits { get; set; }

    public CancellationToken WaitingToken { get; private set; }

    public override void Lookup(LookupRequest r)
    {
        if (Throws)
            throw new InvalidOperationException("as told");
        Last = $"LOOKUP {r.NodeId} {Text(r.Name)}";
        if (Waits)
        {
            WaitingToken = r.CancellationToken;
            return;
        }

        r.Fail(Errno.ENOENT);
        if (AnswersTwice)
            r.Fail(Errno.EIO);
    }

    public override void Rename(RenameRequest r)
    {
        Last = $"RENAME {r.NodeId} {Text(r.Name)} {r.NewParent} {Text(r.NewName)}";
        r.Reply();
    }

    public override void SymbolicLink(SymbolicLinkRequest r)
    {
        Last = $"SYMLINK {r.NodeId} {Text(r.Name)} {Text(r.Target)}";
        r.Fail(Errno.EPERM);
    }

    public override void Write(WriteRequest r)
    {
        Last = $"WRITE {r.NodeId} at {r.Offset}: {Text(r.Data)}";
        if (RetainsWrites)
        {
            r.RetainData();
            _retained.Add(r);
            return;
        }

        r.Reply(r.Data.Length);
    }

    public List<string> ReadRetained() => _retained.ConvertAll(static write => Text(write.Data));

    public void AnswerRetained() => _retained.ForEach(static write => write.Reply(write.Data.Length));

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);
}
