// What a program sees of Varve with `import Varve` alone.
@_exported public import VarveLog
@_exported public import VarveRecords
@_exported public import VarveTerms
