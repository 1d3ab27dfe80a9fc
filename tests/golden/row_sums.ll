define void @kernel(ptr %args, i64 %first, i64 %last, i64 %from, i64 %to) {
entry:
  %s9 = alloca i64
  %s15 = alloca <4 x i32>
  %s18 = alloca <4 x i32>
  %s19 = alloca <4 x i32>
  %s20 = alloca <4 x i32>
  %s21 = alloca <4 x i32>
  %s25 = alloca i64
  %s51 = alloca i64
  %v1 = getelementptr i64, ptr %args, i64 0
  %v2 = load ptr, ptr %v1
  %v3 = getelementptr i64, ptr %args, i64 1
  %v4 = load ptr, ptr %v3
  %v5 = getelementptr i64, ptr %args, i64 2
  %v6 = load i64, ptr %v5
  %v7 = getelementptr i64, ptr %args, i64 3
  %v8 = load i64, ptr %v7
  store i64 %first, ptr %s9
  br label %head10
head10:
  %v13 = load i64, ptr %s9
  %v14 = icmp slt i64 %v13, %last
  br i1 %v14, label %body11, label %end12
body11:
  store <4 x i32> splat (i32 0), ptr %s15
  %v16 = mul i64 %v13, %v8
  %v17 = getelementptr i32, ptr %v2, i64 %v16
  store <4 x i32> splat (i32 0), ptr %s18
  store <4 x i32> splat (i32 0), ptr %s19
  store <4 x i32> splat (i32 0), ptr %s20
  store <4 x i32> splat (i32 0), ptr %s21
  %v22 = sub i64 %v8, 0
  %v23 = srem i64 %v22, 16
  %v24 = sub i64 %v8, %v23
  store i64 0, ptr %s25
  br label %head26
head26:
  %v29 = load i64, ptr %s25
  %v30 = icmp slt i64 %v29, %v24
  br i1 %v30, label %body27, label %end28
body27:
  %v31 = add i64 %v29, 4
  %v32 = add i64 %v29, 8
  %v33 = add i64 %v29, 12
  %v34 = getelementptr i32, ptr %v17, i64 %v29
  %v35 = load <4 x i32>, ptr %v34, align 1
  %v36 = load <4 x i32>, ptr %s18
  %v37 = add <4 x i32> %v36, %v35
  store <4 x i32> %v37, ptr %s18
  %v38 = getelementptr i32, ptr %v17, i64 %v31
  %v39 = load <4 x i32>, ptr %v38, align 1
  %v40 = load <4 x i32>, ptr %s19
  %v41 = add <4 x i32> %v40, %v39
  store <4 x i32> %v41, ptr %s19
  %v42 = getelementptr i32, ptr %v17, i64 %v32
  %v43 = load <4 x i32>, ptr %v42, align 1
  %v44 = load <4 x i32>, ptr %s20
  %v45 = add <4 x i32> %v44, %v43
  store <4 x i32> %v45, ptr %s20
  %v46 = getelementptr i32, ptr %v17, i64 %v33
  %v47 = load <4 x i32>, ptr %v46, align 1
  %v48 = load <4 x i32>, ptr %s21
  %v49 = add <4 x i32> %v48, %v47
  store <4 x i32> %v49, ptr %s21
  %v50 = add i64 %v29, 16
  store i64 %v50, ptr %s25
  br label %head26
end28:
  store i64 %v24, ptr %s51
  br label %head52
head52:
  %v55 = load i64, ptr %s51
  %v56 = icmp slt i64 %v55, %v8
  br i1 %v56, label %body53, label %end54
body53:
  %v57 = sub i64 %v8, %v55
  %v58 = trunc i64 %v57 to i32
  %v59 = insertelement <4 x i32> poison, i32 %v58, i32 0
  %v60 = shufflevector <4 x i32> %v59, <4 x i32> poison, <4 x i32> zeroinitializer
  %v61 = icmp slt <4 x i32> <i32 0, i32 1, i32 2, i32 3>, %v60
  %v62 = getelementptr i32, ptr %v17, i64 %v55
  %v63 = call <4 x i32> @llvm.masked.load.v4i32.p0(ptr %v62, i32 1, <4 x i1> %v61, <4 x i32> zeroinitializer)
  %v64 = select <4 x i1> %v61, <4 x i32> %v63, <4 x i32> splat (i32 0)
  %v65 = load <4 x i32>, ptr %s18
  %v66 = add <4 x i32> %v65, %v64
  store <4 x i32> %v66, ptr %s18
  %v67 = add i64 %v55, 4
  store i64 %v67, ptr %s51
  br label %head52
end54:
  %v68 = load <4 x i32>, ptr %s18
  %v69 = load <4 x i32>, ptr %s19
  %v70 = load <4 x i32>, ptr %s20
  %v71 = load <4 x i32>, ptr %s21
  %v72 = add <4 x i32> %v68, %v70
  %v73 = add <4 x i32> %v69, %v71
  %v74 = add <4 x i32> %v72, %v73
  %v75 = load <4 x i32>, ptr %s15
  %v76 = add <4 x i32> %v75, %v74
  store <4 x i32> %v76, ptr %s15
  %v77 = load <4 x i32>, ptr %s15
  %v78 = shufflevector <4 x i32> %v77, <4 x i32> poison, <4 x i32> <i32 2, i32 3, i32 0, i32 1>
  %v79 = add <4 x i32> %v77, %v78
  %v80 = shufflevector <4 x i32> %v79, <4 x i32> poison, <4 x i32> <i32 1, i32 2, i32 3, i32 0>
  %v81 = add <4 x i32> %v79, %v80
  %v82 = extractelement <4 x i32> %v81, i32 0
  %v83 = getelementptr i32, ptr %v4, i64 %v13
  store i32 %v82, ptr %v83, align 1
  %v84 = add i64 %v13, 1
  store i64 %v84, ptr %s9
  br label %head10
end12:
  ret void
}

declare <4 x i32> @llvm.masked.load.v4i32.p0(ptr, i32, <4 x i1>, <4 x i32>)
