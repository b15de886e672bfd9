using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace OrthancCloudFs.Attachments.Staging;

/// <summary>
/// One page of staging memory, outside the garbage collector's heap: it is never moved, so the kernel can be handed its address, and
/// never copied, so clearing it clears the only copy.
/// </summary>
internal sealed unsafe class StagingPage : MemoryManager<byte>
{
    private void* _address;

    // Not aligned to a memory page: nothing needs it, and the allocator would waste a quarter of the budget between aligned pieces.
    public StagingPage() => _address = NativeMemory.Alloc(StagingMemory.PageSize);

    public void Clear() => CryptographicOperations.ZeroMemory(GetSpan());

    public override Span<byte> GetSpan() => new(_address, StagingMemory.PageSize);

    public override MemoryHandle Pin(int elementIndex = 0) => new((byte*)_address + elementIndex, default, this);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing)
    {
        if (_address == null)
            return;
        Clear();
        NativeMemory.Free(_address);
        _address = null;
    }
}
